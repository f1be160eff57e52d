"""Looking at samples: pictures of events."""
