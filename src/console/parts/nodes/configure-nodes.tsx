import {
  Alert,
  AlertActionLink,
  Checkbox,
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  Modal,
  ModalBody,
  ModalHeader,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { answerOf, api } from '../../data/client.ts'
import { nodeQuery } from '../../data/queries.ts'
import { DialogFooter } from '../values/dialog-footer.tsx'
import { bytes, counted } from '../values/formats.ts'
import { NodeFailures } from './node-failures.tsx'
import { useEachNode } from './use-each-node.ts'

const PURPOSES = [
  { value: 'master,worker', label: 'Master that also runs workloads' },
  { value: 'master', label: 'Master' },
  { value: 'worker', label: 'Worker' },
] as const
type Roles = ('master' | 'worker' | 'storage')[]

interface ConfigureNodesProps {
  nodes: readonly NodeView[]
  onClose: () => void
}

/** Roles for one or many nodes; for one also its interface and its disks. */
export function ConfigureNodes({ nodes, onClose }: ConfigureNodesProps) {
  const [only, ...others] = nodes
  const isOne = only !== undefined && others.length === 0
  // No event says that a machine has reported what it is.
  const detail = useQuery({ ...nodeQuery(only?.id ?? ''), enabled: isOne, staleTime: 0 })
  const facts = isOne ? detail.data?.facts : undefined
  const [purpose, setPurpose] = useState<string>(
    () => only?.roles.filter((role) => role !== 'storage').join(',') || 'worker',
  )
  const [chosenInterface, setInterface] = useState<string>()
  const [chosenDisks, setDisks] = useState<readonly string[]>()
  const place = chosenInterface ?? detail.data?.interface ?? ''
  const disks = (isOne && (chosenDisks ?? detail.data?.disks)) || []
  // Pods use volumes on the node that has them.
  const runsPods = purpose.split(',').includes('worker')
  const kept = runsPods ? disks : []
  const configuration = useEachNode(({ id }) => {
    const body = {
      roles: [...purpose.split(','), ...(kept.length > 0 ? ['storage'] : [])] as Roles,
      ...(isOne && { disks: [...kept] }),
      ...(place && { interface: place }),
    }
    return answerOf(api.POST('/v1/nodes/{id}/configure', { params: { path: { id } }, body }))
  }, onClose)
  const left = nodes.filter((node) => !configuration.data?.done.includes(node))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    configuration.mutate(left)
  }
  const whyNotDisk = (isUsable: boolean, reason: string) => {
    if (!runsPods) return 'It can be used by a node that runs workloads.'
    return isUsable ? undefined : `It cannot be used: ${reason}`
  }
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="configure-title">
      <ModalHeader
        title={isOne ? `Configure node ${only.name}` : `Configure ${counted(left.length, 'node')}`}
        labelId="configure-title"
        description="What the nodes are in their cluster. Kubernetes is installed when the cluster is provisioned."
      />
      <ModalBody>
        <NodeFailures outcome={configuration.data} verb="configured" />
        <Form id="configure" onSubmit={submit}>
          <FormGroup label="Role" fieldId="configure-role">
            <FormSelect id="configure-role" value={purpose} onChange={(_, value) => setPurpose(value)}>
              {PURPOSES.map(({ value, label }) => (
                <FormSelectOption key={value} value={value} label={label} />
              ))}
            </FormSelect>
          </FormGroup>
          {facts === null && (
            <Alert
              isInline
              component="p"
              variant="info"
              title="The machine has not reported its interfaces and disks yet"
              actionLinks={
                <AlertActionLink isLoading={detail.isFetching} onClick={() => detail.refetch()}>
                  Look again
                </AlertActionLink>
              }
            />
          )}
          {facts && (
            <FormGroup label="Interface for cluster traffic" fieldId="configure-interface">
              <FormSelect id="configure-interface" value={place} onChange={(_, value) => setInterface(value)}>
                <FormSelectOption value="" label="The one with the default route" />
                {facts.interfaces.map(({ name, addresses, speedMbps }) => (
                  <FormSelectOption
                    key={name}
                    value={name}
                    isDisabled={addresses.length === 0}
                    label={`${name}: ${addresses.map(({ address }) => address).join(', ') || 'it has no address'}${speedMbps === null ? '' : `, ${speedMbps} Mbit/s`}`}
                  />
                ))}
              </FormSelect>
            </FormGroup>
          )}
          {facts && facts.disks.length > 0 && (
            <FormGroup role="group" label="Disks for storage" fieldId="configure-disks">
              {facts.disks.map(({ device, sizeBytes, model, usableForStorage, reason }) => {
                const whyNot = whyNotDisk(usableForStorage || detail.data?.disks.includes(device) === true, reason)
                return (
                  <Checkbox
                    key={device}
                    id={`disk-${device}`}
                    label={`${device}, ${bytes(sizeBytes)}${model === '' ? '' : `, ${model}`}`}
                    description={whyNot}
                    isDisabled={whyNot !== undefined}
                    isChecked={kept.includes(device)}
                    onChange={(_, isOn) =>
                      setDisks(isOn ? [...disks, device] : disks.filter((each) => each !== device))
                    }
                  />
                )
              })}
            </FormGroup>
          )}
        </Form>
      </ModalBody>
      <DialogFooter verb="Configure" isBusy={configuration.isPending} act="configure" onClose={onClose} />
    </Modal>
  )
}
