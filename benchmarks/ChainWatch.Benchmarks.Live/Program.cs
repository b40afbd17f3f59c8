using ChainWatch.Benchmarks.CatchUp;
using ChainWatch.Benchmarks.Live;

Arguments arguments = new(args);
switch (arguments.Verb)
{
    case "store":
        await new StoreRun(arguments).RunAsync();
        break;
    case "delivery":
        await new DeliveryRun(arguments).RunAsync();
        break;
    case "latency":
        await new LatencyRun(arguments).RunAsync();
        break;
    case "idle":
        await new IdleRun(arguments).RunAsync();
        break;
    case "registration":
        await new RegistrationRun(arguments).RunAsync();
        break;

    // The others are what these start in processes of their own.
    case "serve":
        await ChainServing.RunAsync(ChainShape.Parse(arguments), arguments);
        break;
    case "deliver":
        await DeliveringProgram.RunAsync(arguments);
        break;
    case "bare-deliver":
        await BareDeliveringProgram.RunAsync(arguments);
        break;
    case "watch":
        await HostProgram.RunAsync(arguments);
        break;
    case "bare-tip":
        await BareTipProgram.RunAsync(arguments);
        break;
    default:
        Console.Error.WriteLine("Say what to measure: store, delivery, latency, idle or registration.");
        return 1;
}

return 0;
