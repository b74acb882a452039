import {
  Card,
  CardBody,
  CardTitle,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextInput,
} from '@patternfly/react-core'
import { useState } from 'react'
import type { NodeDetail } from '../../../protocol/api/nodes.ts'
import { CopyText } from '../../parts/values/copy-text.tsx'
import { isSameFingerprint } from './fingerprint.ts'

const ANSWERS = {
  empty: { variant: 'default', text: 'Paste what the machine prints with: cantrip-agent status' },
  same: { variant: 'success', text: 'It is the same: this node is that machine.' },
  other: {
    variant: 'error',
    text: 'It is another one. Do not approve the node: find out which machine registered under this name.',
  },
} as const

/** The fingerprint of the node's key, and a field to compare it with the one that the machine printed. */
export function Identity({ node: { fingerprint, state } }: { node: NodeDetail }) {
  const [pasted, paste] = useState('')
  const found = isSameFingerprint(pasted, fingerprint)
  const { variant, text } = ANSWERS[found]
  return (
    <Card>
      <CardTitle component="h2">Fingerprint</CardTitle>
      <CardBody>
        {state === 'DISCOVERED' && (
          <p>Compare it before you approve the node: anyone with the credentials can register.</p>
        )}
        <CopyText text={fingerprint} label="fingerprint" />
        <FormGroup className="after" label="Fingerprint that the machine printed" fieldId="compare-fingerprint">
          <TextInput
            id="compare-fingerprint"
            value={pasted}
            onChange={(_, value) => paste(value)}
            validated={variant}
            aria-describedby="compare-answer"
            autoComplete="off"
            spellCheck={false}
          />
          <FormHelperText>
            <HelperText id="compare-answer" aria-live="polite">
              <HelperTextItem variant={variant}>{text}</HelperTextItem>
            </HelperText>
          </FormHelperText>
        </FormGroup>
      </CardBody>
    </Card>
  )
}
