"""The IR layer: values with named axes, tensor operations, stage regions, modules."""
