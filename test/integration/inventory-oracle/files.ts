/** Odd inventories that Ansible takes; each is read by both. */
export const ACCEPTED: Readonly<Record<string, string>> = {
  'plain.ini': 'a\nb ansible_host=10.0.0.2\n',
  'ranges.ini':
    'master[1:3]\nnode[05:07].site\nworker-[a:c]\nrack[1:2]-[x:z]\neven[0:8:2]\n10.1.0.[1:3]\n[workers]\nnode[05:06].site\n',
  'ports.ini': 'worker-[a:c].site:2222\n10.0.0.1:2200\n[fd00::5]:2201\nfd00::6\nb:22 ansible_port=2300\n',
  'values.ini':
    'a node_labels=\'{"line": "a"}\' x=01 y=1 z=1.5 t=True n=None s="two words" q="it\'s" l=[1,2] # comment\nb e= d="" tuple=(1,2) text=yes\n',
  'quotes.ini': 'a x="say \\"hi\\"" y=\'single # no comment\' z=back\\ slash#comment\n',
  'vars.ini':
    '[a:vars]\nx = "quoted"\ny= 5 # not a comment\nz={\'k\': [1, 2]}\nempty=\nwith=equals=inside\n[a]\nh1\nh2 x=own\n',
  'nested.ini':
    '[all:vars]\nx=all\ny=all\n[k8s:children]\nmasters\nworkers\n[k8s:vars]\nx=k8s\n[masters]\nm1\n[workers]\nw1\nm1\n[workers:vars]\nx=workers\nz=w\n[masters:vars]\nz=m\n',
  'priority.ini': '[a]\nh\n[b]\nh\n[a:vars]\nx=a\nansible_group_priority=10\n[b:vars]\nx=b\n',
  'comments.ini': '; one\n# two\n\n  [spaced]   # three\n  h1   # four\n\t; five\n',
  'windows.ini': '[a]\r\nh1 x=1\r\nh2\r\n',
  'twice.ini': '[a]\nh x=1 y=1\n[b]\nh x=2\n',
  'diamond.ini':
    '[top:children]\nleft\nright\n[left:children]\nleaf\n[right:children]\nleaf\n[leaf]\nh\n[left:vars]\nx=l\n[right:vars]\nx=r\n',
  'konvoy.ini':
    '[all:vars]\nansible_user=konvoy\nansible_port=22\nansible_ssh_private_key_file=/root/key\n[master]\n10.0.0.1\n[worker]\n10.0.0.[2:4]\n',
  'plain.yaml': 'all:\n  hosts:\n    a:\n    b:\n      ansible_host: 10.0.0.2\n',
  'kubespray.yaml': `all:
  hosts:
    node1: {ansible_host: 10.3.0.1, ip: 10.3.0.1, access_ip: 10.3.0.1}
    node2:
      ansible_host: 10.3.0.2
      node_labels:
        line: a
  children:
    kube_control_plane:
      hosts:
        node1:
    kube_node:
      hosts: {node1: , node2: }
    etcd:
      hosts:
        node1:
    k8s_cluster:
      children:
        kube_control_plane:
        kube_node:
    calico_rr:
      hosts: {}
`,
  'ranges.yaml': 'workers:\n  hosts:\n    node[05:07]:\n      x: 1\n    w-[a:b].site:2222: {}\n  vars:\n    y: text\n',
  'anchors.yaml':
    'all:\n  vars: &common\n    x: 1\n  children:\n    a:\n      hosts:\n        h:\n          <<: *common\n          y: 2\n',
  'text-host.yaml': 'all:\n  children:\n    a:\n      hosts: lonely\n',
  'deep.yaml':
    'a:\n  children:\n    b:\n      children:\n        c:\n          hosts:\n            h:\n          vars: {x: c}\n      vars: {x: b, y: b}\n  vars: {x: a, y: a, z: a}\n',
  'data.json': '{"all": {"hosts": {"a": {"x": [1, {"k": "v"}]}}}}',
}

/** What Ansible refuses, too. */
export const REFUSED: Readonly<Record<string, string>> = {
  'undefined-child.ini': '[a:children]\nmissing\n',
  'undefined-vars.ini': '[a:vars]\nx=1\n',
  'unknown-section.ini': '[a:hostvars]\nh\n',
  'spaces.ini': '[my group]\nh\n',
  'quote.ini': 'h x="open\n',
  'word.ini': 'h secret\n',
  'no-equals.ini': '[a]\nh\n[a:vars]\nx\n',
  'unequal.ini': 'h[01:100]\n',
  'loop.ini': '[a:children]\nb\n[b:children]\na\n',
  'list.yaml': '- a\n- b\n',
  'hosts-list.yaml': 'all:\n  hosts:\n    - a\n',
}

/** What Ansible takes in a way that nobody wants. */
export const STRICTER: Readonly<Record<string, readonly [content: string, found: string]>> = {
  'one-address.ini': [
    'node[1:3] ansible_host=10.0.0.1\n',
    '1:1: found one address for 3 hosts; wanted one for each host',
  ],
  'same-address.ini': ['a ansible_host=10.0.0.1\nb ansible_host=10.0.0.1\n', 'a and b have the same address 10.0.0.1'],
  'template.ini': ['a ansible_host="{{ ip }}"\n', 'a: ansible_host is a template of Ansible; write the value itself'],
  'name.ini': ['ä_ö!\n', '1:1: found ä_ö!, which is no host name and no address'],
  'option.ini': [
    'a ansible_user=-oProxyCommand=x\n',
    'found "-oProxyCommand=x" for ansible_user; wanted the name of a user',
  ],
  'option-host.ini': ['a ansible_host=-oProxyCommand=x\n', 'found "-oProxyCommand=x" for ansible_host'],
  'many.ini': ['n[0:999999999]\n', 'it means more than 10000 hosts'],
  'many-ranges.ini': ['n[0:999]-[0:999]\n', 'it means more than 10000 hosts'],
  'vault.yaml': [
    'all:\n  hosts:\n    a: {ansible_port: !vault "x"}\n',
    'a: found "x" for ansible_port; wanted a number from 1 to 65535',
  ],
  'unknown.yaml': ['all:\n  hots:\n    a:\n', '2:3: all.hots: found hots; wanted hosts, vars, children'],
  'reversed.ini': ['h[9:1]\n', '1:1: found [9:1], whose end is before its begin'],
  'empty.ini': ['# nothing\n', 'it has no hosts'],
}
