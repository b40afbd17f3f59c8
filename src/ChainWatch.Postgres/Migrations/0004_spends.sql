-- Outputs that held payments and were spent, on chains of outputs.

create table $schema$.spend (
    chain text not null,
    tx_id text not null,
    output bigint not null,
    spent_by text not null,
    block_height bigint not null,
    block_hash text not null,
    block_slot bigint not null,
    partition integer not null,
    primary key (chain, tx_id, output)
);
create index spend_by_block on $schema$.spend (chain, block_height);
comment on table $schema$.spend is 'Which transaction, in which canonical block, spends the output of a payment. An output without a row is unspent.';
comment on column $schema$.spend.tx_id is 'The transaction that made the output, as in payment.tx_id.';
