"""Chat templates: what they see, what they write, and that none gets out of its limits."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from rlxflow.errors import InputError
from rlxflow.runtime import chat
from rlxflow.runtime.chat import render_chat, render_chats

USER = [{"role": "user", "content": "Hi <there> & 日本"}]
TALK = [
    {"role": "system", "content": " Be brief. "},
    {"role": "user", "content": "One?"},
    {"role": "assistant", "content": "Two."},
    {"role": "user", "content": "Three?"},
]
MARKED = """{%- for message in messages %}
    {%- if loop.first and message['role'] != 'system' %}
        {{- '<|system|>default<|end|>\\n' }}
    {%- endif %}
    {{- '<|' + message.role + '|>' + message['content'] | trim + '<|end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|assistant|>' }}
{%- endif %}
"""
ALTERNATING = """{{ bos_token }}{% for message in messages %}
{% if message['role'] not in ['user', 'assistant'] %}
    {{ raise_exception('Roles must be user or assistant, not ' + message['role'] + '!') }}
{% endif %}
  [{{ message['content'] }}]
{% endfor %}
"""


def test_messages_are_written_in_order() -> None:
    assert render_chat(MARKED, TALK, {}) == (
        "<|system|>Be brief.<|end|>\n<|user|>One?<|end|>\n<|assistant|>Two.<|end|>\n"
        "<|user|>Three?<|end|>\n<|assistant|>"
    )
    assert render_chat(MARKED, USER, {}) == (
        "<|system|>default<|end|>\n<|user|>Hi <there> & 日本<|end|>\n<|assistant|>"
    )


def test_several_conversations_give_a_prompt_each() -> None:
    both = [[{"role": "user", "content": text}] for text in ("a", "b")]
    assert render_chats("{{ messages[0].content }}!", both, {}) == ["a!", "b!"]


def test_lines_of_blocks_leave_no_space() -> None:
    """A block's own line is indented and ends without a trace; one line of text keeps both."""
    assert render_chat(ALTERNATING, USER, {"bos_token": "<s>"}) == "<s>  [Hi <there> & 日本]\n"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ tools is none }} {{ documents is none }} {{ other is defined }}", "True True False"),
        ("{{ add_generation_prompt }}{{ missing }}", "True"),
        ("{% for i in range(9) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}", "012"),
        ("{% for i in [1, 2] %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "2"),
        ("{{ {'b': '<é>', 'a': [1, none]} | tojson }}", '{"b": "<é>", "a": [1, null]}'),
        ("{{ [1] | tojson(indent=2) }}", "[\n  1\n]"),
        ("{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}", '{"a": 2, "b": 1}'),
        ("{{ '<&>' }}", "<&>"),
        ("{{ messages | attr('__class__') }}", ""),
        ("{% generation %}said{% endgeneration %}.", "said."),
        ("{% set ns = namespace(n=0) %}{% for i in 'abc' %}{% set ns.n = ns.n + 1 %}{% endfor %}"
         "{{ ns.n }}", "3"),
        ("{{ messages | map(attribute='role') | join('+') }}", "user"),
        ("{{ messages[-1]['content'].split()[0].upper() }}", "HI"),
        ("{% macro m(x) %}({{ x }}){% endmacro %}{{ m(1) }}{{ m(2) }}", "(1)(2)"),
    ],
)  # fmt: skip
def test_rendered_as_transformers_does(template: str, text: str) -> None:
    assert render_chat(template, USER, {}) == text


def test_template_knows_the_day() -> None:
    before = datetime.now()
    text = render_chat("{{ strftime_now('%Y-%m-%d') }}", USER, {})
    assert text in {f"{moment:%Y-%m-%d}" for moment in (before, datetime.now())}


def test_template_may_refuse_messages() -> None:
    expected = "expected messages that the template takes, found Roles must be user or assistant, "
    with pytest.raises(InputError, match=f"^chat: {expected}not system!$"):
        render_chat(ALTERNATING, TALK, {"bos_token": ""})


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.__class__.__base__.__subclasses__() }}",
        "{{ raise_exception.__globals__['json'] }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ '{0.__class__.__mro__}'.format(1) }}",
        "{{ (messages.append)(1) }}",
        "{{ messages[0].update(role='x') }}",
    ],
)
def test_insides_of_python_are_out_of_reach(template: str) -> None:
    expected = "expected a template that stays in its sandbox, found access to attribute"
    with pytest.raises(InputError, match=f"^chat: {expected} .* unsafe"):
        render_chat(template, USER, {})


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{% for", "TemplateSyntaxError"),
        ("{{ a.b.c }}", "UndefinedError: 'a' is undefined"),
        ("{{ messages | nothing }}", "TemplateAssertionError: No filter named 'nothing'"),
        ("{{ 1 // 0 }}", "ZeroDivisionError"),
        ("{{ 'a' * 10**10 }}", "MemoryError"),
        ("{{ ('%999999999d' % 1)[:1] }}", "MemoryError"),
        ("{{ '{:>9999999999}'.format(1) }}", "MemoryError"),
        ("{{ messages * 10**9 }}", "MemoryError"),
        ("{% for i in range(10**12) %}{% endfor %}", "OverflowError: Range too big"),
        (
            "{% for i in range(99999) %}0123456789{{ i }}{% endfor %}",
            "more than 1000000 characters",
        ),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "RecursionError"),
        ("{% include '/etc/hostname' %}", "no loader"),
        ("{% import 'os' as os %}", "no loader"),
        ("{% extends 'base' %}", "no loader"),
        ("{{ 'a'.encode('punycode') }}", "Error"),
    ],
)
def test_what_cannot_run_is_named(template: str, found: str) -> None:
    expected = "expected a template that can run, found"
    with pytest.raises(InputError, match=f"^chat: {expected} .*{found}") as caught:
        render_chat(template, USER, {})
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}"
        "{% endfor %}{{ ns.l | string | length }}",
        "{{ (9**9)**(9**9) }}",
    ],
)
def test_what_does_not_end_is_ended(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(chat.LIMITS, "seconds", 1)
    begin = time.monotonic()
    with pytest.raises(InputError, match=r"^chat: expected a template that ends within 1 s and"):
        render_chat(template, USER, {})
    assert time.monotonic() - begin < chat.LONGEST_WAIT_S


def test_wait_ends_where_the_system_sets_no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "LONGEST_WAIT_S", 0.5)
    with pytest.raises(InputError, match=r"ends within 2 s and 512 MB, found one that goes on$"):
        render_chat("{% for i in range(99999) %}" * 3 + "{% endfor %}" * 3, USER, {})
