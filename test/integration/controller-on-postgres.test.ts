/** What a controller does with its clusters, once more with PostgreSQL beneath. */
import { afterAll, beforeAll } from 'vitest'
import { postgresBackend } from '../support/controller/backends.ts'
import { keepScenesIn } from '../support/controller/scene.ts'

const backend = postgresBackend()
beforeAll(() => backend.start())
afterAll(() => backend.stop())
keepScenesIn(async () => (await backend.database()).where)

await import('./controller-joining.test.ts')
await import('./controller-follow.test.ts')
