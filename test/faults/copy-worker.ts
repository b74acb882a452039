/** Does one piece of work on a controller's data, to be killed meanwhile: argv is its name and its order as JSON. */
import { createHash } from 'node:crypto'
import { backUp } from '../../src/controller/backup/back-up.ts'
import type { Derive } from '../../src/controller/backup/encryption.ts'
import { restore } from '../../src/controller/backup/restore.ts'
import { moveFromDatabase, moveToDatabase } from '../../src/controller/store/move.ts'
import { databaseFile, openFile } from '../../src/controller/store/open.ts'

const [, , name = '', order = '{}'] = process.argv
const given = JSON.parse(order)
const database = given.database === undefined ? undefined : { url: given.database, env: {} }
// Quick, so that most kills hit the work itself.
const derive: Derive = async (passphrase, salt) => createHash('sha512').update(salt).update(passphrase).digest()
process.stdout.write('begin\n')
if (name === 'backup') {
  const store = await openFile(databaseFile(given.dataDirectory))
  const rest = { withBundles: true, now: new Date(), version: 'test', records: () => store.snapshot() }
  await backUp({ ...given, ...rest, derive })
  await store.close()
}
if (name === 'restore') await restore({ ...given, database, derive, now: new Date() })
if (name === 'to' && database) await moveToDatabase({ ...given, database })
if (name === 'from' && database) await moveFromDatabase({ ...given, database })
process.stdout.write('end\n')
