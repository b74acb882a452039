import * as z from 'zod/mini'

const HOST = String.raw`[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?`
const PATH = String.raw`(\/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)+`
const TAG = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}'

/** With a registry and a tag, as containers name it: `registry.example/team/tool:v1`. It is part of paths and of commands. */
const IMAGE_NAME = new RegExp(`^${HOST}${PATH}:${TAG}$`)
export const ImageName = z.string().check(z.maxLength(200), z.regex(IMAGE_NAME))
