"""Everything that the rules refuse, one class per failure. HTTP statuses are chosen elsewhere."""

from __future__ import annotations


class RegistryError(Exception):
    """The rules refuse what was asked; the text says why, in GitLab's words where it has some."""

    message = ""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(self.message if message is None else message)


class NotAuthenticatedError(RegistryError):
    """The caller has to say who they are."""

    message = "401 Unauthorized"


class UnknownTokenError(NotAuthenticatedError):
    """A token that was presented as nothing but a token is not known."""


class UnusableTokenError(NotAuthenticatedError):
    """The token is known, and no longer good."""


class TokenExpiredError(UnusableTokenError):
    """The personal access token has expired."""

    message = "Token is expired. You can either do re-authorization or token refresh."


class TokenRevokedError(UnusableTokenError):
    """The personal access token was revoked."""

    message = "Token was revoked. You have to re-authorize from the user."


class ForbiddenError(RegistryError):
    """The caller is known, and may not do this."""

    message = "403 Forbidden"


class ProjectClosedError(ForbiddenError):
    """The project's status forbids uploads."""

    def __init__(self, name: str, status: str) -> None:
        super().__init__(f"403 Forbidden - Project {name} is {status} and takes no uploads")


class InsufficientScopeError(ForbiddenError):
    """The token's scopes do not cover the action; `scopes` would."""

    message = "The request requires higher privileges than provided by the access token."

    def __init__(self, *scopes: str) -> None:
        super().__init__()
        self.scopes = scopes


class NotFoundError(RegistryError):
    """What was asked for is not there, or not for this caller to know of."""

    message = "404 Not Found"


class GitLabProjectNotFoundError(NotFoundError):
    """There is no such GitLab project, or the caller may not see it."""


class PackageNotFoundError(NotFoundError):
    """There is no such project, package or file in this GitLab project."""

    message = "404 Package Not Found"


class FileTooLargeError(RegistryError):
    """The file is larger than the registry takes."""

    message = "413 Request Entity Too Large - File is too large"


class UnsupportedEncodingError(RegistryError):
    """The request body is compressed, which nothing here undoes. Source: RFC 9110, 8.4."""

    message = "415 Unsupported Media Type - Content-Encoding is not supported"


class FieldError(RegistryError):
    """A form field or parameter is missing or makes no sense."""


class MissingFieldsError(FieldError):
    """Fields that the form must have are not there."""

    def __init__(self, *names: str) -> None:
        super().__init__(", ".join(f"{name} is missing" for name in names))


class InvalidFieldError(FieldError):
    """A field or parameter has a value of the wrong kind."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is invalid")


class MalformedFormError(FieldError):
    """The request body is not a form that can be read."""

    message = "request body is not a valid multipart/form-data form"


class PackageInvalidError(RegistryError):
    """The form could be read, and the package it describes cannot be taken."""

    reason = ""

    def __init__(self) -> None:
        super().__init__(f"Validation failed: {self.reason}")


class NameInvalidError(PackageInvalidError):
    """The project's name is not a valid name."""

    reason = "Name is invalid"


class VersionInvalidError(PackageInvalidError):
    """The version does not match GitLab's regular expression."""

    reason = "Version is invalid"


class RequiresPythonInvalidError(PackageInvalidError):
    """Requires-Python is not a version specifier."""

    reason = "Required python is invalid"


class RequiresPythonTooLongError(PackageInvalidError):
    """Requires-Python is longer than GitLab stores."""

    reason = "Required python is too long (maximum is 255 characters)"


class MetadataVersionInvalidError(PackageInvalidError):
    """Metadata-Version is no version of the core metadata that can be read."""

    reason = "Metadata version is invalid"


class FileNameInvalidError(PackageInvalidError):
    """The file name is neither a wheel's nor an sdist's."""

    reason = "File name is invalid"


class FileNameDisagreesError(PackageInvalidError):
    """The file name is another project's or another version's."""

    reason = "File name does not match the name and version"


class FileTypeDisagreesError(PackageInvalidError):
    """The form says that the file is a wheel, and its name that it is an sdist; or the other way round."""

    reason = "File type does not match the file name"


class FileNameTakenError(PackageInvalidError):
    """The project's version already has a file of this name."""

    reason = "File name has already been taken"


class PolicyError(RegistryError):
    """What the Python Package Index asks of uploads beyond the specifications, in its own words."""


class PasswordRefusedError(ForbiddenError):
    """The Python Package Index takes no passwords of people."""

    message = (
        "Username/Password authentication is no longer supported. "
        "Migrate to API Tokens or Trusted Publishers instead."
    )


class FileNameClosedError(PolicyError):
    """The Python Package Index never takes the name of a deleted file again."""

    message = (
        "This filename was previously used by a file that has since been deleted. Use a different version."
    )


class FileExistsAlreadyError(PolicyError):
    """The project already has a file of this name, as the Python Package Index says it."""

    def __init__(self, filename: str, blake2_256: str) -> None:
        super().__init__(
            f"File already exists ({filename!r}, with blake2_256 hash {blake2_256!r}). "
            "Use a different version, or a different build number."
        )


class DigestMismatchError(PackageInvalidError):
    """A digest that the client sent is not the digest of the file."""

    reason = "Digest does not match the uploaded file"


class ArchiveError(PackageInvalidError):
    """The distribution is not an archive that can be taken."""


class ArchiveUnreadableError(ArchiveError):
    """The file is not the kind of archive that its name says, or not all of it."""

    reason = "File is not a complete archive of its type"


class ArchiveTooLargeError(ArchiveError):
    """The archive unpacks to more than the registry looks through, as a bomb does."""

    reason = "File unpacks to more than is allowed"


class MembersMissingError(ArchiveError):
    """The archive lacks members that each of its kind has."""

    def __init__(self, *paths: str) -> None:
        self.reason = f"File has no {', '.join(paths)}"
        super().__init__()


class MembersOutsideError(ArchiveError):
    """The sdist has members outside of its one top folder."""

    def __init__(self, folder: str) -> None:
        self.reason = f"File has members outside of its one folder {folder}"
        super().__init__()


class UnsafeMemberError(ArchiveError):
    """The archive has a member that would not stay where it is unpacked."""

    def __init__(self, path: str, kind: str) -> None:
        self.reason = f"File has an unsafe member: {path[:200]!r}, a {kind}"
        super().__init__()


class MetadataDisagreesError(ArchiveError):
    """The metadata inside is another project's or another version's."""

    reason = "Metadata in the file does not match the name and version"
