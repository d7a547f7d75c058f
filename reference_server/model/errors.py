"""Every refusal of the rules, one class per failure. `http.json_responses` chooses the HTTP statuses."""

from __future__ import annotations


class RegistryError(Exception):
    """A refusal by the rules. The text has the reason, in GitLab's words where GitLab has some."""

    message = ""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(self.message if message is None else message)


class NotAuthenticatedError(RegistryError):
    """The caller has to authenticate."""

    message = "401 Unauthorized"


class UnknownTokenError(NotAuthenticatedError):
    """The token is unknown."""


class UnusableTokenError(NotAuthenticatedError):
    """The token is known but no longer valid."""


class TokenExpiredError(UnusableTokenError):
    """The personal access token has expired."""

    message = "Token is expired. You can either do re-authorization or token refresh."


class TokenRevokedError(UnusableTokenError):
    """The personal access token was revoked."""

    message = "Token was revoked. You have to re-authorize from the user."


class ForbiddenError(RegistryError):
    """The caller is known but not allowed to do this."""

    message = "403 Forbidden"


class ProjectClosedError(ForbiddenError):
    """The project's status forbids uploads."""

    def __init__(self, name: str, status: str) -> None:
        super().__init__(f"403 Forbidden - Project {name} is {status} and takes no uploads")


class PackageProtectedError(ForbiddenError):
    """A protection rule keeps the caller from publishing the package."""

    message = "403 Forbidden - Package protected."


class PackageDeletionProtectedError(ForbiddenError):
    """A protection rule keeps the caller from deleting the package."""

    message = "403 Forbidden - Package is deletion protected."


class NotThroughWorkhorseError(ForbiddenError):
    """The route is for the proxy in front of GitLab, which signs its requests."""

    message = "403 Forbidden - Request should be executed via GitLab Workhorse"


class InsufficientScopeError(ForbiddenError):
    """The token's scopes do not allow the action; any of `scopes` would."""

    message = "The request requires higher privileges than provided by the access token."

    def __init__(self, *scopes: str) -> None:
        super().__init__()
        self.scopes = scopes


class NotFoundError(RegistryError):
    """The requested thing does not exist, or the caller may not know that it does."""

    message = "404 Not Found"


class GitLabProjectNotFoundError(NotFoundError):
    """There is no such GitLab project, or the caller may not see it."""


class GroupNotFoundError(NotFoundError):
    """There is no such group, or the caller may not see it."""


class PackageNotFoundError(NotFoundError):
    """There is no such project, package or file in this GitLab project."""

    message = "404 Package Not Found"


class UpstreamError(RegistryError):
    """Another index, which was asked for what is not here, gave no usable answer."""

    def __init__(self, message: str) -> None:
        super().__init__(f"502 Bad Gateway - {message}")


class UpstreamRefusedError(UpstreamError):
    """Another index refused the request: what it answered before is not for this caller, either."""


class UpstreamTimeoutError(UpstreamError):
    """Another index did not answer in time."""

    def __init__(self, message: str) -> None:
        RegistryError.__init__(self, f"504 Gateway Timeout - {message}")


class FileTooLargeError(RegistryError):
    """The file is larger than the registry's limit."""

    message = "413 Request Entity Too Large - File is too large"


class UnprocessableError(RegistryError):
    """The request is well formed, and what it asks for is not possible."""

    message = "422 Unprocessable Entity"


class UnsupportedEncodingError(RegistryError):
    """The request body is compressed, which is not supported. Source: RFC 9110, 8.4."""

    message = "415 Unsupported Media Type - Content-Encoding is not supported"


class StoreUnavailableError(RegistryError):
    """The store's directory or database cannot be used at present: it was taken away, or it is damaged."""

    message = "503 Service Unavailable - The store cannot be used"


class StoreFullError(RegistryError):
    """The disk of the store has no room for this."""

    message = "507 Insufficient Storage - The disk is full"


class FileDamagedError(RegistryError):
    """The stored bytes of a file are missing or damaged."""

    message = "500 Internal Server Error - The stored file is damaged; upload it again"


class FieldError(RegistryError):
    """A form field or parameter is missing or invalid."""


class MissingFieldsError(FieldError):
    """The form lacks required fields."""

    def __init__(self, *names: str) -> None:
        super().__init__(", ".join(f"{name} is missing" for name in names))


class InvalidFieldError(FieldError):
    """A field or parameter has an invalid value."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is invalid")


class FileSentTwiceError(InvalidFieldError):
    """The form has several files in one field."""


class PathInvalidError(FieldError):
    """A name in the URL leads to another folder."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} should be a valid file path")


class MalformedFormError(FieldError):
    """The request body is not a valid form."""

    message = "request body is not a valid multipart/form-data form"


class PackageInvalidError(RegistryError):
    """The form is valid, but not the package that it describes."""

    reason = ""

    def __init__(self) -> None:
        super().__init__(f"Validation failed: {self.reason}")


class NameInvalidError(PackageInvalidError):
    """The project's name is not a valid name."""

    reason = "Name is invalid"


class NameBlankError(PackageInvalidError):
    """The project's name is empty."""

    reason = "Name can't be blank, Name is invalid"


class VersionInvalidError(PackageInvalidError):
    """The version does not match GitLab's regular expression."""

    reason = "Version is invalid"


class RequiresPythonInvalidError(PackageInvalidError):
    """Requires-Python is not a version specifier."""

    reason = "Required python is invalid"


class RequiresPythonTooLongError(PackageInvalidError):
    """Requires-Python is longer than GitLab's limit."""

    reason = "Required python is too long (maximum is 255 characters)"


class MetadataVersionInvalidError(PackageInvalidError):
    """Metadata-Version is not a version that the registry can read."""

    reason = "Metadata version is invalid"


class FileNameInvalidError(PackageInvalidError):
    """The file name is neither that of a wheel nor that of an sdist."""

    reason = "File name is invalid"


class FileNameDisagreesError(PackageInvalidError):
    """The file name has another project or version than the form."""

    reason = "File name does not match the name and version"


class FileTypeDisagreesError(PackageInvalidError):
    """The form says wheel and the file name says sdist, or the other way round."""

    reason = "File type does not match the file name"


class FileNameTakenError(PackageInvalidError):
    """The project's version already has a file with this name."""

    reason = "File name has already been taken"


class PolicyError(RegistryError):
    """A violation of a rule of the Python Package Index beyond the specifications, in its own words."""


class PasswordRefusedError(ForbiddenError):
    """The Python Package Index accepts no passwords of users."""

    message = (
        "Username/Password authentication is no longer supported. "
        "Migrate to API Tokens or Trusted Publishers instead."
    )


class FileNameClosedError(PolicyError):
    """The Python Package Index never accepts the name of a deleted file again."""

    message = (
        "This filename was previously used by a file that has since been deleted. Use a different version."
    )


class FileExistsAlreadyError(PolicyError):
    """The project already has a file with this name, in the words of the Python Package Index."""

    def __init__(self, filename: str, blake2_256: str) -> None:
        super().__init__(
            f"File already exists ({filename!r}, with blake2_256 hash {blake2_256!r}). "
            "Use a different version, or a different build number."
        )


class DigestMismatchError(PackageInvalidError):
    """A digest in the form is not that of the file."""

    reason = "Digest does not match the uploaded file"


class ArchiveError(PackageInvalidError):
    """The distribution is not an acceptable archive."""


class ArchiveUnreadableError(ArchiveError):
    """The file is not an archive of the type in its name, or it is truncated."""

    reason = "File is not a complete archive of its type"


class ArchiveTooLargeError(ArchiveError):
    """The archive exceeds a limit."""


class UnpackedTooLargeError(ArchiveTooLargeError):
    """The archive unpacks to more than the limit, as a zip bomb does."""

    reason = "File unpacks to more than is allowed"


class TooManyMembersError(ArchiveTooLargeError):
    """The archive has more members than the limit."""

    def __init__(self, most: int) -> None:
        self.reason = f"File has more than {most} members"
        super().__init__()


class DirectoryTooLargeError(ArchiveTooLargeError):
    """The central directory of the zip archive is larger than the limit."""

    def __init__(self, most: int) -> None:
        self.reason = f"The directory of the zip archive is larger than {most} bytes"
        super().__init__()


class MetadataTooLargeError(ArchiveTooLargeError):
    """The metadata is larger than the limit."""

    def __init__(self, most: int) -> None:
        self.reason = f"Metadata in the file is larger than {most} bytes"
        super().__init__()


class PathTooLongError(ArchiveTooLargeError):
    """A path in the archive is longer than the limit."""

    def __init__(self, most: int) -> None:
        self.reason = f"File has a member with a path of more than {most} bytes"
        super().__init__()


class MembersMissingError(ArchiveError):
    """The archive lacks required members."""

    def __init__(self, *paths: str) -> None:
        self.reason = f"File has no {', '.join(paths)}"
        super().__init__()


class MembersOutsideError(ArchiveError):
    """The sdist has members outside of its one top folder."""

    def __init__(self, folder: str) -> None:
        self.reason = f"File has members outside of its one folder {folder}"
        super().__init__()


class UnsafeMemberError(ArchiveError):
    """The archive has a member that would be unpacked outside of its folder."""

    def __init__(self, path: str, kind: str) -> None:
        self.reason = f"File has an unsafe member: {path[:200]!r}, a {kind}"
        super().__init__()


class MetadataDisagreesError(ArchiveError):
    """The metadata in the archive has another project or version."""

    reason = "Metadata in the file does not match the name and version"
