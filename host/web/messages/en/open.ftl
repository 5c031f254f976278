# open
