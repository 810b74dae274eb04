"""The words of the product as frozen values: one idea, one type. Nothing here computes a decision."""
