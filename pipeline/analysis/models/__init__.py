"""Laws of scaling, break-even points and borders: what the measured cases say about those that were not measured."""
