"""Data of the registry, the grammar of names and versions, and every refusal. Data and pure functions."""

from reference_server.model.access import (
    ANONYMOUS,
    Action,
    Caller,
    Credentials,
    DeployToken,
    GitLabProject,
    Group,
    JobToken,
    PersonalAccessToken,
    Role,
    User,
    Visibility,
)
from reference_server.model.packages import (
    ACTIVE,
    CoreMetadata,
    Package,
    PackageFile,
    ProjectStatus,
    Status,
    Upload,
)

__all__ = [
    "ACTIVE",
    "ANONYMOUS",
    "Action",
    "Caller",
    "CoreMetadata",
    "Credentials",
    "DeployToken",
    "GitLabProject",
    "Group",
    "JobToken",
    "Package",
    "PackageFile",
    "PersonalAccessToken",
    "ProjectStatus",
    "Role",
    "Status",
    "Upload",
    "User",
    "Visibility",
]
