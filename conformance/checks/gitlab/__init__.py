"""What GitLab documents about its PyPI repository."""
