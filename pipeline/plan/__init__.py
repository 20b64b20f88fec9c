"""Grid to cases, blocks, order and predicted cost."""
