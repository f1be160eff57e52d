"""Compare samples of background: observables, distances, classifiers, tracks, reports; and pictures of events."""
