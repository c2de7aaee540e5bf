"""How an operation of the model can end, other than well."""


class Failure(Exception):
    """An exception of DynamoDB's. message: None if the exact words are not known, or ending in "..." if only their beginning is."""

    def __init__(self, kind, message=None, **more):
        super().__init__(f"{kind}: {message}")
        self.kind, self.message, self.more = kind, message, more


class Unsure(Exception):
    """The documentation does not say what happens: such a request is not sent."""


def invalid(message=None):
    return Failure("ValidationException", message)


def bad_parameter(message):
    return invalid("One or more parameter values were invalid: " + message)


class Any:
    """Stands in a reply for what the documentation leaves open."""

    def __repr__(self):
        return "ANY"


ANY = Any()
