# Thousands, as figures are written in China and as the browser groups them; Django has myriads
# and nothing between them.
NUMBER_GROUPING = 3
THOUSAND_SEPARATOR = ","
