/**
 * Names on the wire that released builds know and that the code has better ones for. Never changed. Apart from the
 * schemas: the agent sends them before any schema is loaded.
 */

/** The type of the frames that carry an operation and its answer. */
export const OPERATION_FRAME = 'errand'

/** Keys of an operation. */
export const OPERATION_KEYS = { operation: 'errand', target: 'guest' } as const
