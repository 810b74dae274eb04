"""Messages at the edge: bytes in, frozen domain values out, or a DecodeError that says why not."""
