// node client.mjs CLIENTS-FOLDER URL VALIDATED-HASH NEXT-HASH ACCOUNT ISSUER ISSUANCE
// Talks to the replay server with the vendor's own client: it must connect, take the validated ledger in binary form with transactions that its own codec reads and hashes to the
// ledger's transaction_hash, hear the next ledger on the stream, and read entries of its state, which its own codec understands.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import assert from 'node:assert/strict'

const [clients, url, validatedHash, nextHash, account, issuer, issuance] = process.argv.slice(2)
const require = createRequire(join(clients, 'package.json'))
const { Client, hashes } = require('xrpl')
const { decode, decodeLedgerData } = require('ripple-binary-codec')

const client = new Client(url)
await client.connect()
const check = async (parameters, hash) => {
  const { result } = await client.request({ command: 'ledger', transactions: true, expand: true, binary: true, ...parameters })
  assert.equal(result.validated, true)
  assert.equal(result.ledger_hash, hash)
  const header = decodeLedgerData(result.ledger.ledger_data)
  assert.equal(hashes.hashLedgerHeader({ ...header, ledger_index: result.ledger_index }), hash)
  const listed = result.ledger.transactions.map(({ tx_blob, meta_blob }) => ({ ...decode(tx_blob), metaData: decode(meta_blob) }))
  assert.ok(listed.length > 0)
  assert.equal(hashes.hashTxTree(listed), header.transaction_hash)
  for (const [index, { hash: id }] of result.ledger.transactions.entries()) {
    assert.equal(hashes.hashSignedTx(result.ledger.transactions[index].tx_blob), id)
  }
}
await check({ ledger_index: 'validated' }, validatedHash)
const heard = new Promise((resolve) => client.on('ledgerClosed', resolve))
await client.request({ command: 'subscribe', streams: ['ledger'] })
await client.request({ command: 'ping' })
const ledger = await heard
assert.equal(ledger.ledger_hash, nextHash)
await check({ ledger_hash: nextHash }, nextHash)
await assert.rejects(client.request({ command: 'ledger', ledger_index: 1, binary: true }), (error) => error.data.error === 'lgrNotFound')
const entry = async (which) => {
  const { result } = await client.request({ command: 'ledger_entry', ledger_hash: nextHash, binary: true, ...which })
  assert.equal(result.validated, true)
  assert.equal(result.ledger_hash, nextHash)
  return decode(result.node_binary)
}
assert.deepEqual(await entry({ account_root: account }), { LedgerEntryType: 'AccountRoot', Account: account, Balance: '1234567', OwnerCount: 3 })
assert.deepEqual(await entry({ index: '4BC50C9B0D8515D3EAAE1E74B29A95804346C491EE1A95BF25E4AAB854A6A651' }), { LedgerEntryType: 'FeeSettings', ReserveBaseDrops: '1000000', ReserveIncrementDrops: '200000' })
const line = await entry({ ripple_state: { accounts: [account, issuer], currency: '0000000000000000000000005553440000000000' } })
assert.equal(line.LedgerEntryType, 'RippleState')
assert.equal(line.Balance.currency, 'USD')
assert.equal(line.Balance.value.replace('-', ''), '1.5')
assert.deepEqual([line.LowLimit.issuer, line.HighLimit.issuer].sort(), [account, issuer].sort())
assert.deepEqual(await entry({ mptoken: { mpt_issuance_id: issuance, account } }), { LedgerEntryType: 'MPToken', Account: account, MPTAmount: '77', MPTokenIssuanceID: issuance })
await assert.rejects(entry({ account_root: issuer }), (error) => error.data.error === 'entryNotFound')
await client.disconnect()
console.log('accepted')
// The client keeps a timer of its own for a while.
process.exit(0)
