import type { Ingesting } from './live/ingest.ts'
import type { HasPublicUrls } from './ports.ts'

/** All ports, as start.ts makes them: what the API hands on. */
export type Services = Ingesting & HasPublicUrls
