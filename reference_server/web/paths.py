"""The paths of the page, as GitLab has them: one of its own, and those below a GitLab project's full path."""

PERSONAL_TOKENS = "/-/user_settings/personal_access_tokens"

PACKAGES = "/-/packages"
SETTINGS = "/-/settings/packages_and_registries"
REPOSITORY = "/-/settings/repository"
