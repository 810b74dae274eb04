"""What will keep pods from coming, found days ahead: rights, maxima, quotas, limits, evictions, admission."""
