"""Judge whole videos: what a judge is shown, the controls beside every score, tables and pictures."""
