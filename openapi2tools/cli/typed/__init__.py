"""Arguments as people type them: `city=Paris limit:=5 tags=a tags=b filter.min=3 cover@a.png`."""
