"""HTTP as the application needs it: requests, answers, ranges, preconditions."""
