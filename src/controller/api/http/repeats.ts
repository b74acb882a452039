import { createHash } from 'node:crypto'
import { AgentError } from '../../../base/agent-error.ts'
import type { HasClock, HasLog, HasStore } from '../../ports.ts'
import type { Store } from '../../store/port.ts'

/** A request with an Idempotency-Key. */
export interface Repeatable {
  /** The client: a key is one of its own. */
  owner: string
  /** What the client may do now: an answer is for the rights with which it was given, also if its name is somebody else's now. */
  rights: string
  key: string
  /** Method, path, query and body, as text. */
  request: string
}

export interface Answered {
  status: number
  body: unknown
}

/** How long an answer is kept. */
export const KEPT_MS = 24 * 3_600_000
/** Answers that are kept of one client, and the largest one: 16 MiB together. */
const MOST_KEPT = 256
const MOST_BYTES = 64 * 1024

/**
 * Does the work of a request once, however often it is repeated. That it was done is committed together with its first change,
 * through the store that the work gets: after a crash, a repeat either does it, or says that it was done.
 */
export function openRepeats({
  store,
  now,
  log,
}: HasStore & Pick<HasClock, 'now'> & HasLog): (
  request: Repeatable,
  work: (store: Store) => Promise<Answered>,
) => Promise<Answered> {
  const inWork = new Set<string>()
  return async ({ owner, rights, key: given, request: text }, work) => {
    const [key, request] = [digest(owner, rights, given), digest(text)]
    if (inWork.has(key)) throw inProgress()
    inWork.add(key)
    try {
      const known = await store.answer(key)
      const before = new Date(now().getTime() - KEPT_MS).toISOString()
      if (known && known.createdAt >= before) return answerOf(known, request)
      const trim = { change: 'trim-answers', before, owner, keep: MOST_KEPT - 1 } as const
      const mark = { key, owner, request, status: null, body: null, createdAt: now().toISOString() }
      let isMarked = false
      const marking: Store = {
        ...store,
        async commit(changes, expected) {
          if (isMarked) return store.commit(changes, expected)
          const done = await store.commit([...changes, trim, { change: 'add-answer', answer: mark }], expected)
          isMarked ||= done
          return done
        },
      }
      const answer = await work(marking)
      const body = JSON.stringify(answer.body)
      const to = body.length <= MOST_BYTES ? { status: answer.status, body } : {}
      const wasMarked = isMarked
      isMarked = true
      await store
        .commit(
          wasMarked
            ? [{ change: 'set-answer', key, to }]
            : [trim, { change: 'add-answer', answer: { ...mark, ...to } }],
        )
        // It was done: the client must know.
        .catch((error: unknown) => log(`cannot keep the answer of a request with an Idempotency-Key: ${error}`))
      return answer
    } finally {
      inWork.delete(key)
    }
  }
}

function answerOf(known: { request: string; status: number | null; body: string | null }, request: string): Answered {
  if (known.request !== request) {
    throw new AgentError('idempotency/other-request', 'this Idempotency-Key was used for another request', {
      fix: 'use a new key for each request, and the same one only to repeat it',
      kind: 'invalid',
    })
  }
  if (known.status !== null && known.body !== null) return { status: known.status, body: JSON.parse(known.body) }
  throw new AgentError('idempotency/answer-lost', 'the request was carried out, but its answer was not kept', {
    fix: 'read what it created or changed',
    kind: 'refused',
  })
}

function inProgress(): AgentError {
  return new AgentError('idempotency/in-progress', 'a request with this Idempotency-Key is in progress', {
    fix: 'wait, and send the same request again',
    kind: 'refused',
  })
}

const digest = (...texts: string[]) => createHash('sha256').update(JSON.stringify(texts)).digest('base64url')
