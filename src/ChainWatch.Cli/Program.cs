using ChainWatch.Cli;

return await ChainWatchCommand.Create().Parse(args).InvokeAsync();
