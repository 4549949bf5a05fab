"""What a compiled program costs, stage by stage: optimised HLO read, counted and shown."""
