"""`headstart backtest`: read a history, forecast it as it would have been, score that, write it down."""
