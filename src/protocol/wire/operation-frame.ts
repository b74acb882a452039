/**
 * The type of the frames that carry an operation and its answer, as released builds know it. Apart from the schemas of
 * operations: the agent sends it before any schema is loaded.
 */
export const OPERATION_FRAME = 'errand'
