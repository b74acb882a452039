import { Alert, Button, Flex } from '@patternfly/react-core'
import { useEffect, useState } from 'react'
import type { CredentialFiles as Files } from '../../data/credentials/credentials.ts'
import { saveFile } from '../../data/save-file.ts'
import { CopyText } from '../values/copy-text.tsx'

/** As the executables of a release are named. */
const EXECUTABLES = { amd64: 'agent-linux-x64', arm64: 'agent-linux-arm64' }

/** The two files with which machines enrol, and the command for a machine that has them. */
export function CredentialFiles({ files: { name, credentials, passphrase } }: { files: Files }) {
  const [saved, setSaved] = useState<ReadonlySet<string>>(new Set())
  const areSaved = saved.size === 2
  useEffect(() => {
    if (areSaved) return
    const stay = (event: Event) => event.preventDefault()
    window.addEventListener('beforeunload', stay)
    return () => window.removeEventListener('beforeunload', stay)
  }, [areSaved])
  const save = (file: string, text: string) => () => {
    saveFile(file, text)
    setSaved(new Set([...saved, file]))
  }
  const [first, second] = [`${name}.pem`, `${name}-passphrase.txt`]
  return (
    <>
      <Alert
        isInline
        component="p"
        variant={areSaved ? 'success' : 'warning'}
        title={areSaved ? 'Both files are downloaded' : 'Download both files now: they are shown once'}
      >
        Their key was made in this browser, and the controller does not have it. Keep both files secret.
      </Alert>
      <Flex className="after">
        <Button variant={saved.has(first) ? 'secondary' : 'primary'} onClick={save(first, credentials)}>
          Download {first}
        </Button>
        <Button variant={saved.has(second) ? 'secondary' : 'primary'} onClick={save(second, `${passphrase}\n`)}>
          Download {second}
        </Button>
      </Flex>
      <p className="after">
        Copy the two files and the agent to each machine. On the machine, run the command of its architecture:
      </p>
      {Object.entries(EXECUTABLES).map(([arch, executable]) => (
        <div key={arch} className="after">
          <p>{arch}</p>
          <CopyText
            label={`the command for ${arch}`}
            text={`sudo ./${executable} --creds-file ${first} --passphrase-file ${second}`}
          />
        </div>
      ))}
    </>
  )
}
