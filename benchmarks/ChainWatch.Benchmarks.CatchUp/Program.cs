using ChainWatch.Benchmarks.CatchUp;

Arguments arguments = new(args);
var shape = ChainShape.Parse(arguments);
switch (arguments.Verb)
{
    case "serve":
        await ChainServing.RunAsync(shape, arguments);
        break;
    case "bare":
        using (BareProgram bare = new(shape, CatchUpCase.Of(arguments.Text("case", "b")), new Uri(arguments.Text("url", "")), arguments.Number("batch", 100)))
        {
            var first = await bare.RunAsync(arguments.Text("postgres", ""), arguments.Text("schema", ""));
            Console.WriteLine(ProgramReport.Of(first));
        }

        break;
    case "watch":
        var firstCommit = await WatchingProgram.RunAsync(shape, CatchUpCase.Of(arguments.Text("case", "b")), new Uri(arguments.Text("url", "")), arguments.Text("postgres", ""), arguments.Text("schema", ""), arguments.Has("verbose"));
        Console.WriteLine(ProgramReport.Of(firstCommit));
        break;
    case "start":
        await new StartRun(shape, arguments).RunAsync();
        break;
    case "growth":
        await new GrowthRun(shape, arguments).RunAsync();
        break;
    default:
        await new CatchUpRun(shape, arguments).RunAsync();
        break;
}
