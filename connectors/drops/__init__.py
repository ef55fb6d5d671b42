"""File drops: a legacy system puts files into a folder."""
