/*
 * Names on the wire that are fixed by released builds, although the code has better ones. Never changed. They are not in
 * the schemas' files because the agent needs them before it loads any schema.
 */

/** The type of the frames with an operation and its answer. */
export const OPERATION_FRAME = 'errand'

/** Keys of an operation. */
export const OPERATION_KEYS = { operation: 'errand', target: 'guest' } as const
