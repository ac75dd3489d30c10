"""The primitives that Yjs and Hocuspocus write their bytes with: github.com/dmonad/lib0."""


class Malformed(ValueError):
    """Bytes that end too early, or say what cannot be."""


def varuint(number: int) -> bytes:
    """Seven bits a byte, least significant first, the high bit on all but the last."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def varbytes(data: bytes) -> bytes:
    return varuint(len(data)) + data


def varstring(text: str) -> bytes:
    return varbytes(text.encode())


# What JavaScript can count exactly, as Number.MAX_SAFE_INTEGER.
LARGEST_NUMBER = 2**53 - 1


class Reader:
    """Reads from the front of `data`; every method raises `Malformed`."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    @property
    def left(self) -> int:
        return len(self.data) - self.position

    def byte(self) -> int:
        if self.position >= len(self.data):
            raise Malformed("ends too early")
        byte = self.data[self.position]
        self.position += 1
        return byte

    def varuint(self) -> int:
        number = shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 127) << shift
            if number > LARGEST_NUMBER:
                raise Malformed("number too large")
            if byte < 128:
                return number
            shift += 7
            if shift > 56:
                raise Malformed("number too long")

    def raw(self, length: int) -> bytes:
        if length > self.left:
            raise Malformed("ends too early")
        data = self.data[self.position : self.position + length]
        self.position += length
        return data

    def varbytes(self) -> bytes:
        return self.raw(self.varuint())

    def varstring(self) -> str:
        try:
            return self.varbytes().decode()
        except UnicodeDecodeError as error:
            raise Malformed("not UTF-8") from error

    def finish(self) -> None:
        if self.left:
            raise Malformed(f"{self.left} bytes too many")
