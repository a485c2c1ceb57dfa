from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncsteps.locks import values

URLS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["https://", "http://", "file://", "HTTPS://", ""]),
        st.text("aZ0.-:@[]", max_size=4),
        st.lists(
            st.builds("/{}".format, st.text('aZ0_.~+-%@:#?$ \\"\n\u00e9\u0660', max_size=4))
        ).map("".join),
    ),
)


@given(URLS | st.from_regex(r"https://[a-z.-]{1,5}(/[a-zA-Z0-9_.+~%-]{0,9}){1,3}", fullmatch=True))
def test_the_short_way_to_a_file_name_is_that_of_the_long_one(url: str) -> None:
    name = values.plain_file_name(url)
    if name is not None:
        assert values.parse_url(url) == url
        assert values.file_name_of(url) == name


@given(st.from_regex(r"[0-9a-fA-F]{63,65}", fullmatch=True))
def test_a_hash_with_its_algorithm_is_one_of_its_parts(digest: str) -> None:
    def parsed(way: str) -> object:
        try:
            if way == "whole":
                return values.parse_hash(f"sha256:{digest}")
            return values.parse_digest("sha256", digest)
        except ValueError as error:
            return str(error)

    assert parsed("whole") == parsed("parts")
