"""Bytes as text: what editors on Windows and PowerShell write, and what is no text."""

import codecs
import os

import pytest

from sim.text.reading import Unreadable, decoded, is_stdin, name_of, read_text

WIDE = "looks like UTF-16 without a byte order mark; must be UTF-8, or UTF-16 with one"
TEXTS = ("", "a = 1\n", 'title = "Überführung 电池 😀"\n', "x\u2028y\u0085z\n", '{"a": [1]}')
ENCODINGS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16 LE": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 BE": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-32 LE": lambda text: codecs.BOM_UTF32_LE + text.encode("utf-32-le"),
    "UTF-32 BE": lambda text: codecs.BOM_UTF32_BE + text.encode("utf-32-be"),
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_every_encoding_and_line_end_gives_the_text(tmp_path, encode, text):
    for written in (text, text.replace("\n", "\r\n")):
        assert decoded(encode(written)) == text
        (tmp_path / "x").write_bytes(encode(written))
        assert read_text(tmp_path / "x", 1000) == text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a = 1\nb = \xff\n", "line 2: not UTF-8: byte 0xff"),
        (b"a\r\nb\r\nc\xe9\r\n", "line 3: not UTF-8: byte 0xe9"),
        (codecs.BOM_UTF16_LE + "a\nb".encode("utf-16-le") + b"\x00", "line 2: not UTF-16: byte 0x00"),
        (codecs.BOM_UTF16_BE + b"\x00a\x00\n\xd8\x00\x00a", "line 2: not UTF-16: byte 0xd8"),
        ("a = 1".encode("utf-16-le"), WIDE), ("title = 1".encode("utf-16-be"), WIDE),
        (b"\x89PNG\r\n\x1a\n", "line 1: not UTF-8: byte 0x89"),
        (b"\x7fELF\xff", "line 1: not UTF-8: byte 0xff"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_text_are_placed(data, said):
    with pytest.raises(Unreadable) as caught:
        decoded(data)
    assert str(caught.value) == said


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "big").write_bytes(b"x" * 11)
    for path, said in (
        (tmp_path / "none", "cannot be read: No such file or directory"),
        (tmp_path, "cannot be read: Is a directory"),
        ("a\0b", "cannot be read: embedded null byte"),
        (tmp_path / "big", "larger than 10 bytes"),
        ("/dev/zero", "larger than 10 bytes"),
        ("/dev/null", "is empty"),
    ):
        with pytest.raises(Unreadable) as caught:
            read_text(path, 10)
        assert str(caught.value) == said
    assert read_text(tmp_path / "big", 11) == "x" * 11


def test_a_terminal_is_refused():
    main, terminal = os.openpty()
    try:
        with pytest.raises(Unreadable, match=r"^is a terminal; must be a file or a pipe$"):
            read_text(os.ttyname(terminal), 10)
    finally:
        os.close(main)
        os.close(terminal)


def test_names_of_the_standard_input():
    assert [is_stdin(name) for name in ("-", "/dev/stdin", "/dev/fd/0", "./-", "x")] == [True, True, True, False, False]
    assert (name_of("-"), name_of("x"), name_of("/dev/stdin")) == ("<stdin>", "x", "/dev/stdin")
