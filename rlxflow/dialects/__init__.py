"""Operation classes of the dialect `rlx`, generated from `dialects/rlx/*.td`; see `rlx.py`."""
