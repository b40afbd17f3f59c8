using ChainWatch.TestInfrastructure;

[assembly: AssemblyFixture(typeof(PostgresServerFixture))]
