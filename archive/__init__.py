"""Archives: many recordings and pictures at once, on this machine or on a Ray cluster, into tables of Parquet."""
