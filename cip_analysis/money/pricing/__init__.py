"""What a week of care costs, and will: fees, indices, the trend of prices, and paths of them ahead."""
