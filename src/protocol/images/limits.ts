/*
 * What people can add to one cluster. Plain constants, because the agent reads them before it loads any schema.
 */
export const MOST_IMAGES = 100
export const MAX_IMAGE_BYTES = 8 * 1024 ** 3
/** Of all archives of one cluster. */
export const MAX_IMAGES_BYTES = 64 * 1024 ** 3
/** Of what a node says about one image. */
export const MAX_PROBLEM_CHARACTERS = 400
/** Of an archive, with one request. */
export const UPLOAD_PART_BYTES = 4 * 1024 ** 2
