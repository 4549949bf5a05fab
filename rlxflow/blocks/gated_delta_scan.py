"""The gated delta rule: a matrix per head that forgets, corrects itself and answers queries.

Formula, for each value head with state `S[i,o]`:
    `S = e^g[t] S`                               forget
    `w[o] = beta[t] (v[t,o] - sum_i S[i,o] k[t,i])`  what the state lacks
    `S[i,o] = S[i,o] + k[t,i] w[o]`                  correct
    `y[t,o] = sum_i S[i,o] q[t,i]`                   answer
Source: Yang et al., arXiv 2412.06464 (Gated DeltaNet); the form in chunks follows from
    arXiv 2406.06484. A token with g = 0 and beta = 0 leaves the state as it is.

Axes beside those of `ir/types.py`: k key heads, g value heads per key head, i key size, o value
size, `chunk` and t or s inside a chunk. All tensors are f32.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from rlxflow.blocks.gated_delta_chunk import chunk_terms
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True)
class DeltaInputs:
    """What the rule takes.

    Attributes:
        q: [b, t, k, i], normalised and scaled.
        k: [b, t, k, i], normalised.
        v: [b, t, k, g, o].
        decay: [b, t, k, g], the g of the formula, at most 0.
        beta: [b, t, k, g], from 0 to 1.
    """

    q: Value
    k: Value
    v: Value
    decay: Value
    beta: Value

    def at(self, index: int) -> DeltaInputs:
        """Returns one token, without the axis t."""
        return DeltaInputs(*(ops.pick(getattr(self, f.name), "t", index) for f in fields(self)))

    def in_chunks(self, size: int) -> DeltaInputs:
        """Returns the tokens in chunks, the axis `chunk` first, t before the axes i and o.

        The last chunk is filled up with tokens that leave the state as it is.
        """
        length = self.q.size("t")
        count = -(-length // size)
        missing = count * size - length

        def cut(x: Value) -> Value:
            x = ops.pad(x, "t", 0, missing) if missing else x
            x = ops.split(x, "t", chunk=count, t=size)
            lead = [name for name in ("chunk", "b", "k", "g", "t") if name in x.axes]
            return ops.transpose(x, [*lead, *(name for name in x.axes if name not in lead)])

        return DeltaInputs(*(cut(getattr(self, f.name)) for f in fields(self)))


def recurrent(inputs: DeltaInputs, state: Value) -> tuple[Value, Value]:
    """Returns what each token is answered and the state after the last; one step per token.

    Args:
        inputs: A few tokens; the steps are unrolled.
        state: [b, k, g, i, o].

    Results: [b, t, k, g, o] and [b, k, g, i, o].
    """
    answers: list[Value] = []
    for t in range(inputs.q.size("t")):
        answer, state = _step(inputs.at(t), state)
        answers.append(ops.insert(answer, "t", 1))
    return ops.concatenate(answers, "t") if len(answers) > 1 else answers[0], state


def _step(now: DeltaInputs, state: Value) -> tuple[Value, Value]:
    kept = ops.exponential(now.decay)
    # The product runs over the state as it was, so that the state is written once a step.
    known = ops.dot(state, now.k, over="i") * kept  # [b, k, g, o]
    lack = (now.v - known) * now.beta
    added = ops.expand(now.k, state.type) * ops.expand(lack, state.type)
    state = state * kept + added
    return ops.dot(state, now.q, over="i"), state


def chunked(inputs: DeltaInputs, state: Value, size: int) -> tuple[Value, Value]:
    """Returns the same as `recurrent`, for many tokens: products inside chunks, one step a chunk.

    With `G[t] = g[0] + ... + g[t]` inside a chunk, the corrections `w` of all its tokens solve
        `w[t] + beta[t] sum_(s<t) e^(G[t]-G[s]) (k[t].k[s]) w[s] = beta[t] (v[t] - e^G[t] S k[t])`,
    a triangular system. It is solved for both terms of the right side before the state is known.

    Args:
        inputs: Any number of tokens.
        state: [b, k, g, i, o] before the first.
        size: Tokens in a chunk.

    Results: [b, t, k, g, o] and [b, k, g, i, o].
    """
    length = inputs.q.size("t")
    chunks = inputs.in_chunks(min(size, length))
    terms = chunk_terms(chunks.q, chunks.k, chunks.v, chunks.decay, chunks.beta)

    def one(index: Value, made: tuple[Value, ...]) -> list[Value]:
        answer, after = terms.at(index).step(made[1])
        answer = ops.insert(answer, "chunk", 0)
        return [ops.dynamic_update_slice(made[0], answer, "chunk", index), after]

    empty = ops.fill(chunks.v, 0.0)
    answers, state = ops.repeat(empty.size("chunk"), one, empty, state)
    tokens = ops.transpose(answers, "b chunk t k g o")
    return ops.slice(ops.merge(tokens, "chunk t", "t"), "t", 0, length), state
