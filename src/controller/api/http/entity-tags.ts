import { createHash } from 'node:crypto'

/** A revision, and a digest of the whole answer: If-Match compares the revision, If-None-Match both. */
export function entityTag(revision: string, body: string): string {
  return `"${revision}-${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`
}

/** Of If-None-Match: a weak comparison (RFC 9110, 8.8.3.2). */
export function isNoneOf(header: string, tag: string): boolean {
  return header.trim() !== '*' && !tagsIn(header).includes(tag)
}

/** Of If-Match: the revisions, `*` for any. A revision without a digest is a tag too. */
export function revisionsIn(header: string): readonly string[] {
  return header.trim() === '*' ? ['*'] : tagsIn(header).map((tag) => tag.slice(1, -1).split('-')[0] ?? '')
}

const tagsIn = (header: string): readonly string[] => header.match(/"[^"]*"/g) ?? []
