/*
 * The description of a virtual machine in an OVA: DMTF DSP0243 (Open Virtualization Format 2). The order of elements is that of the schema,
 * in which those of CIM are sorted by name. Devices are elements `Item`, which versions 1 and 2 have in common.
 */

export interface Appliance {
  name: string
  /** The disk: a file beside the description. */
  disk: { file: string; bytes: number; capacityBytes: number }
  os: { id: string; title: string }
  version: string
  cpus: number
  memoryMib: number
}

/** CIM_OperatingSystem.OSType: Debian 64-bit, Ubuntu 64-bit, Linux 64-bit. */
const OS_TYPES: Record<string, number> = { debian: 96, ubuntu: 94 }
const OTHER_LINUX = 101
/** CIM_ResourceAllocationSettingData.ResourceType. */
const TYPE = { cpu: 3, memory: 4, scsi: 6, ethernet: 10, disk: 17 }

const CIM = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2'
const STREAM_OPTIMIZED = 'http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized'
const NETWORK = 'network'

const xml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** The properties that cloud-init reads, by name and label. */
const PROPERTIES = {
  'instance-id': 'Changes make cloud-init run again',
  hostname: 'Hostname',
  'user-data': 'User data of cloud-init, base64',
  'network-config': 'Network configuration of cloud-init, base64',
}

const item = (fields: Record<string, string | number>): string => {
  const lines = Object.entries(fields).map(
    ([name, value]) => `        <rasd:${name}>${xml(String(value))}</rasd:${name}>\n`,
  )
  return `      <Item>\n${lines.join('')}      </Item>\n`
}

const property = ([key, label]: [string, string]): string =>
  `      <Property ovf:key="${key}" ovf:type="string" ovf:userConfigurable="true" ovf:value="">
        <Label>${label}</Label>
      </Property>
`

export function ovfDescriptor({ name, disk, os, version, cpus, memoryMib }: Appliance): string {
  const devices = [
    item({
      AllocationUnits: 'hertz * 10^6',
      ElementName: `${cpus} CPUs`,
      InstanceID: 1,
      ResourceType: TYPE.cpu,
      VirtualQuantity: cpus,
    }),
    item({
      AllocationUnits: 'byte * 2^20',
      ElementName: `${memoryMib} MiB of memory`,
      InstanceID: 2,
      ResourceType: TYPE.memory,
      VirtualQuantity: memoryMib,
    }),
    item({
      Address: 0,
      ElementName: 'SCSI controller 0',
      InstanceID: 3,
      ResourceSubType: 'VirtualSCSI',
      ResourceType: TYPE.scsi,
    }),
    item({
      AddressOnParent: 0,
      ElementName: 'Disk 1',
      HostResource: 'ovf:/disk/disk1',
      InstanceID: 4,
      Parent: 3,
      ResourceType: TYPE.disk,
    }),
    item({
      AddressOnParent: 7,
      AutomaticAllocation: 'true',
      Connection: NETWORK,
      ElementName: 'Network adapter 1',
      InstanceID: 5,
      ResourceSubType: 'VmxNet3',
      ResourceType: TYPE.ethernet,
    }),
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/2" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/2" xmlns:rasd="${CIM}/CIM_ResourceAllocationSettingData" xmlns:vssd="${CIM}/CIM_VirtualSystemSettingData" xml:lang="en-US">
  <References>
    <File ovf:id="file1" ovf:href="${xml(disk.file)}" ovf:size="${disk.bytes}"/>
  </References>
  <DiskSection>
    <Info>Virtual disks</Info>
    <Disk ovf:diskId="disk1" ovf:fileRef="file1" ovf:capacity="${disk.capacityBytes}" ovf:capacityAllocationUnits="byte" ovf:format="${STREAM_OPTIMIZED}"/>
  </DiskSection>
  <NetworkSection>
    <Info>Networks</Info>
    <Network ovf:name="${NETWORK}">
      <Description>The network of the cluster</Description>
    </Network>
  </NetworkSection>
  <VirtualSystem ovf:id="${xml(name)}">
    <Info>A machine with the Cantrip node agent</Info>
    <Name>${xml(name)}</Name>
    <ProductSection>
      <Info>The agent, and what cloud-init reads at the first boot</Info>
      <Product>Cantrip node</Product>
      <Version>${xml(version)}</Version>
${Object.entries(PROPERTIES).map(property).join('')}    </ProductSection>
    <OperatingSystemSection ovf:id="${OS_TYPES[os.id] ?? OTHER_LINUX}">
      <Info>The operating system</Info>
      <Description>${xml(os.title)}</Description>
    </OperatingSystemSection>
    <VirtualHardwareSection ovf:transport="iso com.vmware.guestInfo">
      <Info>Virtual hardware</Info>
      <System>
        <vssd:ElementName>Virtual hardware</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>${xml(name)}</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-13</vssd:VirtualSystemType>
      </System>
${devices.join('')}    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`
}

/** The manifest of an OVF package: one line for each file. */
export const ovfManifest = (files: readonly { name: string; sha256: string }[]): string =>
  files.map(({ name, sha256 }) => `SHA256(${name})= ${sha256}\n`).join('')
