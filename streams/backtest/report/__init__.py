"""The report of a backtest, `report.html` and `plots/`: numbers -> words and pictures -> one page.

`view` and `campaigns` gather what there is to say as frozen values, `sentences` puts it into words, `plots`
and `capacity_plots` draw it, `page` writes the files. Only those that draw and write need the `report` extra.
"""
