/** A client in another language, which an independent generator makes from the OpenAPI document, brings up and deletes a cluster. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'
import { connectAgent } from '../support/controller/agent.ts'
import { importSmallBundle } from '../support/controller/bundle.ts'
import { adminOf, call, enrolNode, type Installer } from '../support/controller/client.ts'
import { Scene } from '../support/controller/scene.ts'
import { pythonPrograms } from '../support/python.ts'

const run = promisify(execFile)
const FILES = join(import.meta.dirname, '../support/generated-client')

it('is generated, creates a cluster, provisions it and deletes it', { timeout: 180_000 }, async () => {
  const root = mkdtempSync(join(tmpdir(), 'generated-client-'))
  await importSmallBundle(join(root, 'data'), Buffer.from('kubelet'))
  const scene = new Scene(join(root, 'data'))
  await scene.start()
  try {
    await scene.admin('DELETE', '/v1/clusters/demo')
    const { ca } = adminOf(scene.controller)
    writeFileSync(join(root, 'ca.crt'), ca)
    const { text } = await call(scene.controller.url, { ca }, 'GET', '/openapi.json')
    writeFileSync(join(root, 'openapi.json'), text)
    const programs = await pythonPrograms('generated-client', join(FILES, 'requirements.txt'))
    const input = ['--path', 'openapi.json', '--config', join(FILES, 'config.yaml')]
    const generating = ['generate', ...input, '--meta', 'none', '--output-path', 'cantrip_client']
    const { stdout } = await run(join(programs, 'openapi-python-client'), generating, { cwd: root })
    // Only answers that are not JSON have no type.
    expect(stdout).not.toMatch(/Unable to process schema/)
    expect(stdout.match(/WARNING/g) ?? []).toHaveLength((stdout.match(/Unsupported content_type/g) ?? []).length)

    const grants = [{ role: 'admin', project: null }]
    const token = await scene.admin('POST', '/v1/tokens', { name: 'generated', grants })
    const { privateKey } = createKeyPair()
    const env = {
      ...{ URL: scene.controller.url, TOKEN: token.json.secret, CA: join(root, 'ca.crt'), PYTHONPATH: root },
      CSR: buildCsr(privateKey, 'installer'),
    }
    const use = (verb: string) =>
      run(join(programs, 'python3'), [join(FILES, 'use_client.py'), verb], { cwd: root, env })
    const installer = { ...JSON.parse((await use('create')).stdout), key: keyToPem(privateKey) }
    const credentials = { ca: installer.ca, cert: installer.certificate, key: installer.key } as Installer
    const node = await enrolNode(scene.controller, credentials, 'one')
    const one = { node, agent: await connectAgent(scene.controller, node) }
    await scene.shows(one, 'facts', ({ facts }) => facts !== null)
    const provisioned = use('provision')
    provisioned.catch(() => undefined)
    const { run: id } = await one.agent.instruction()
    one.agent.send('result', { run: id, outcome: 'done' }, 1)
    await one.agent.next('ack')
    await scene.report([one])
    expect((await provisioned).stdout).toBe('done\n')
  } finally {
    await scene.close()
    rmSync(root, { recursive: true, force: true })
  }
})
