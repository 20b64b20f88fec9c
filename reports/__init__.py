"""How it is shown: figures, the notebook, HTML and PDF."""
