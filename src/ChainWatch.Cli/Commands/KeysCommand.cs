using System.CommandLine;

namespace ChainWatch.Cli;

/// <summary><c>chainwatch keys list|rotate</c>: how many keys endpoints have, and the next one, please.</summary>
internal static class KeysCommand
{
    private static readonly Argument<string> s_endpoint = new("endpoint") { Description = "The endpoint's name." };

    public static Command Create() => new("keys", "Shows how many API keys endpoints have, and lets all instances take the next one into use. No key is shown or stored.") { CreateList(), CreateRotate() };

    private static Command CreateList()
    {
        Command command = new("list", "Lists a chain's endpoints with the number of their keys in this configuration.") { CliOptions.Chain };
        CliSession.Set(command, (session, parsed, _) =>
        {
            CliTable table = new("endpoint", "keys");
            ChainRegistration registration = session.Registration(parsed.GetRequiredValue(CliOptions.Chain));
            foreach ((EndpointClient client, EndpointOptions options) in registration.Endpoints.Zip(registration.Options.Endpoints))
            {
                table.Add(client.Name, options.ApiKeys.Count);
            }

            session.Output.Rows(table);
            return Task.FromResult(ExitCode.Fine);
        });
        return command;
    }

    private static Command CreateRotate()
    {
        Command command = new("rotate", "Asks every running instance to take the next of an endpoint's keys into use; within seconds they do. New keys need no command: instances take over what the configuration holds.")
        {
            CliOptions.Chain, s_endpoint,
        };
        CliSession.Set(command, async (session, parsed, cancellationToken) =>
        {
            ChainRegistration registration = session.Registration(parsed.GetRequiredValue(CliOptions.Chain));
            string name = parsed.GetRequiredValue(s_endpoint);
            EndpointClient client = registration.Endpoints.FirstOrDefault(one => string.Equals(one.Name, name, StringComparison.Ordinal))
                ?? throw new ArgumentException($"Chain '{registration.Chain.Name}' has no endpoint '{name}'; it has {string.Join(", ", registration.Endpoints.Select(static one => one.Name))}.", nameof(parsed));
            await session.Store.RequestKeyRotationAsync(registration.Chain.Name, client.Name, cancellationToken);
            session.Output.One(("endpoint", client.Name), ("requested", true));
            return ExitCode.Fine;
        });
        return command;
    }
}
